"""The outside systems: raw records come in as evidence, actions, updates and the report go out.

The only room that knows credentials. Reading leaves files in `evidence/`; writing is a dry run unless it is
told to act, and keeps a ledger, so that nothing is done twice.
"""
