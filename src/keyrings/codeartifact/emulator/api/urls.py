"""The URLs for which moto calls the control plane."""

from .responses import CodeArtifactResponse

url_bases = [r"https?://codeartifact\.(.+)\.amazonaws\.com"]
url_paths = {"{0}/.*$": CodeArtifactResponse.dispatch}
