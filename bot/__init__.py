"""Bürger-Chatbot des kommunalen Jobcenters Landkreis Saarlouis."""

__version__ = "0.2.0"
