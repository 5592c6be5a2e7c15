"""The dossier: the record, its verifier and the page that shows it in one HTML file that needs no network."""
