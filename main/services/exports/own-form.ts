/** Names and facts of our own form; writing and reading both stand on them. */

export const MANIFEST = 'imagent.json';
export const OWN_FORMAT = 1;

/** File of a kind of record. Episodes stand in a form that other tools read too. */
export function fileOfKind(name: string): string {
  return name === 'episodes' ? 'trajectories.jsonl' : `${name}.jsonl`;
}

/** Paths of image files inside a workspace, and so inside an export. */
export const IMAGE_PATH = /^images\/[0-9a-f]{2}\/[0-9a-f]{64}\.[a-z]{3,4}$/u;
export const THUMBNAIL_PATH = /^thumbnails\/[0-9a-f]{2}\/[0-9a-f]{64}\.webp$/u;

export const OWN_README = `This folder is an export of IMAgent Studio. It holds everything of a workspace and can be imported again
without loss: import the folder in the Library, or \`npm run -s imagent -- import FOLDER\`.

imagent.json         the format's number and how many records there are
trajectories.jsonl   episodes, a line each, as ATIF v1.7; \`extra.imagent\` has what is read back
samples.jsonl        questions with the ids of their images, references, tags and split
images.jsonl         images with their files; files.jsonl has the digest of every file
corrections.jsonl    what people changed, as operations; reviews.jsonl what they said
the other files      groups, snapshots, saved views and the rest, a line each

Rows name each other by id. Boxes: \`viewBox\` counts pixels of the image as the model saw it, \`rootBox\` pixels of the
image file. Not in here: undo, training runs and weights, settings.
`;
