"""Shared nouns of the office: users and their verbs, audit, policy, jobs, documents, files, proofs.

Owns: users, audit events, number series, policy values, jobs, exact copies of documents, import files.
Never: knows an account, a meter, a bill or a receipt; it refers upward only by text (kind, key, account number).
Invariants: an audit event is written in the transaction of the act and never changed; a number series has no gaps;
policy values of one parameter and scope never overlap in time; every stored document's bytes equal its hash.
"""
