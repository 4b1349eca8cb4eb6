"""Mutation of what the safety of a session rests on: each small change of it must fail a test (docs/safety.md).

scope: which modules. operators, words, finder, tables: which changes. cover, choice: which tests. worker, pool: one
process per mutant. verdicts: what came out, kept. run: the proof. `python -m proof.mutation --help` is for the person
who writes the missing tests.
"""
