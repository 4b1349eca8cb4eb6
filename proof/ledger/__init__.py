"""Proofs about the ledger: killed writers, lost power, harmed files, broken disks (H32, H33)."""
