"""Claims go out and answers come in: X12, FHIR and CSV."""
