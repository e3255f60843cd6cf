"""Uploads as twine sends them."""

import io
import zipfile


def upload(project, version):
    """Return the headers and the body of the upload of a wheel with nothing but metadata."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(f"{project}-{version}.dist-info/METADATA", f"Name: {project}\nVersion: {version}\n")
    fields = {":action": "file_upload", "name": project, "version": version}
    parts = [f'name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()]
    parts.append(f'name="content"; filename="{project}-{version}-py3-none-any.whl"\r\n\r\n')
    head = "".join(f"--b\r\nContent-Disposition: form-data; {part}" for part in parts).encode()
    return {"Content-Type": "multipart/form-data; boundary=b"}, head + content.getvalue() + b"\r\n--b--\r\n"
