"""Connections, TLS and host names, and the WSGI application behind them."""
