"""A pytest plugin: pods as fixtures, on a root of the test run's own.

`plugin` is what pytest loads (the entry point `pytest11`); nothing else of minipod imports pytest.
"""
