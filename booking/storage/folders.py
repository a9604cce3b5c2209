"""What the centre keeps as files beside the database: folders of the data folder. Backups carry every one of them."""

PHOTOS = "photos"
LETTERS = "letters"
KEPT = (PHOTOS, LETTERS)
