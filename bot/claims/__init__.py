"""Files of claims and of payers' answers: X12, FHIR and CSV."""
