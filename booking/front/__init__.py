"""What all delivery wings share: who asks and when, formats, and refusals as sentences."""
