"""Which addresses does moto bring to the control plane?"""

from .responses import CodeArtifactResponse

url_bases = [r"https?://codeartifact\.(.+)\.amazonaws\.com"]
url_paths = {"{0}/.*$": CodeArtifactResponse.dispatch}
