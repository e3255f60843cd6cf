"""The same examples in each run of the suite, ever new ones in `make fuzz`."""

from hypothesis import HealthCheck, settings

# How long an example takes says more of the machine than of the code.
settings.register_profile("any", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("suite", settings.get_profile("any"), max_examples=100, derandomize=True, database=None)
settings.register_profile("fuzz", settings.get_profile("any"), max_examples=3000)
# --hypothesis-profile, which is read later, goes before it.
settings.load_profile("suite")
