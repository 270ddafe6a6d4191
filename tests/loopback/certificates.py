"""Certificates for tests, made by the openssl program: an authority and what it signs."""

import subprocess
from pathlib import Path


class Authority:
    def __init__(self, folder, name="Test CA"):
        self.folder = Path(folder)
        self.folder.mkdir(exist_ok=True)
        self.pem = self.folder / "ca.pem"
        self.run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key", "-out", "ca.pem",
                 "-days", "2", "-subj", f"/C=DE/O=Acme/CN={name}")

    def run(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)

    def issue(self, name, names):
        """NAME.pem and NAME.key; `names` as "DNS:a.example,IP:127.0.0.1"."""
        self.run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr",
                 "-subj", f"/C=DE/O=Acme/CN={name}")
        (self.folder / f"{name}.ext").write_text(f"subjectAltName={names}\n")
        self.run("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out", f"{name}.pem",
                 "-days", "2", "-extfile", f"{name}.ext")
        return self.folder / f"{name}.pem", self.folder / f"{name}.key"
