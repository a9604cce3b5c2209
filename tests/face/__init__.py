"""What judges the face and what draws it: axe-core, Lighthouse, icons, pictures."""
