"""The trail as CDISC ODM-XML 1.3.2, transactional: what a sponsor's system loads, change by change, with signatures."""
