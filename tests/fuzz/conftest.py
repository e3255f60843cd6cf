"""The same examples in each run of the suite, new ones in each run of `make fuzz`."""

from hypothesis import HealthCheck, settings

# The time that an example takes depends on the machine more than on the code.
settings.register_profile("any", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("suite", settings.get_profile("any"), max_examples=100, derandomize=True, database=None)
settings.register_profile("fuzz", settings.get_profile("any"), max_examples=3000)
# --hypothesis-profile, which is read later, overrides it.
settings.load_profile("suite")
