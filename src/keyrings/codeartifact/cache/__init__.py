"""Tokens kept between processes."""
