"""Requests to AWS; the only folder that imports botocore."""
