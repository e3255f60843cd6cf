"""Secrets that are made up, processes that know them, and a search for what they tell."""
