/**
 * Every mutation of the router: the acts of undo-acts.ts that go through it, or why it is not an action of the journal.
 * A mutation that is in neither list fails tests/unit/main/store/undo-everything.test.ts.
 */
export type Undoing = { readonly acts: readonly string[] } | { readonly why: string };

const A_FACT =
  'What an agent did is a fact that others may have looked at already; what people say of it is undone.';
const CONTROL =
  'It steers work that goes on and changes nothing that people made; its opposite stands beside it.';
const TRAINING =
  'A run is a process and a folder of its own; it is stopped and removed where it is shown, after a question.';
const NOTHING_KEPT = 'Nothing is kept that an undo could take away.';

export const UNDOING: Readonly<Record<string, Undoing>> = {
  'agents.add': { acts: ['add an agent'] },
  'agents.remove': { acts: ['remove an agent'] },
  'corrections.applyAside': { acts: ['put what was set aside on top, or throw it away'] },
  'corrections.create': { acts: ['begin a correction'] },
  'corrections.dropAside': { acts: ['put what was set aside on top, or throw it away'] },
  'corrections.edit': { acts: ['edit a correction'] },
  'corrections.runFrom': {
    why: 'The run is a fact. That its steps are in the correction is an action, once it has ended: corrections.test.ts.',
  },
  'corrections.stopRun': { why: CONTROL },
  'curation.assignSplits': { acts: ['deal samples out to splits'] },
  'curation.cancelBulk': { why: 'What was done until then is one action already.' },
  'curation.startBulk': { acts: ['edit many samples'] },
  'episodes.start': { why: A_FACT },
  'episodes.stop': { why: A_FACT },
  'evaluations.start': { why: A_FACT },
  'experiments.remove': { why: TRAINING },
  'experiments.resume': { why: TRAINING },
  'experiments.start': { why: TRAINING },
  'experiments.stop': { why: TRAINING },
  'exports.cancel': { why: CONTROL },
  'exports.start': { why: 'It writes a new folder outside of the workspace and changes nothing in it.' },
  'groups.pick': { acts: ['pick a demonstration, or take it back'] },
  'guide.play': { why: A_FACT },
  'guide.prepare': {
    why: 'Its snapshot is an action, as snapshots.take makes it; the questions come with the app, once, and are nobody’s.',
  },
  'guide.show': { why: 'How the app behaves here is no part of the data.' },
  'images.remove': { acts: ['remove an image'] },
  'imports.beginUpload': { why: NOTHING_KEPT },
  'imports.cancel': { why: 'What was imported until then is one action already.' },
  'imports.finishUpload': { acts: ['upload images'] },
  'imports.startPaths': {
    // A folder that is an export of ours brings runs, reviews and snapshots, to which others refer: facts.
    acts: ['import images', 'import a file of samples with their images'],
  },
  'jobs.cancel': { why: CONTROL },
  'jobs.pause': { why: CONTROL },
  'jobs.resume': { why: CONTROL },
  'jobs.start': { why: A_FACT },
  'journal.redo': { why: 'It is the other way of undo.' },
  'journal.undo': { why: 'It is undo.' },
  'reviewers.add': {
    why: 'Undo is by reviewer: a new one has done nothing yet. A name more takes nothing away.',
  },
  'reviewers.rename': { acts: ['rename oneself'] },
  'reviews.decideFlag': { acts: ['decide a flag'] },
  'reviews.put': { acts: ['give a verdict'] },
  'runs.cancelEstimate': { why: CONTROL },
  'runs.create': { why: TRAINING },
  'runs.estimate': { why: NOTHING_KEPT },
  'runs.kill': { why: TRAINING },
  'runs.makeAgent': {
    why: 'The agent comes when a long job has ended, between other edits; removing it is an action.',
  },
  'runs.makeBeginner': {
    why: 'The agent comes when a long job has ended, between other edits; removing it is an action.',
  },
  'runs.pause': { why: TRAINING },
  'runs.remove': { why: `${TRAINING} Its folder may hold gigabytes that are wanted back at once.` },
  'runs.resume': { why: TRAINING },
  'runs.start': { why: TRAINING },
  'runs.stop': { why: TRAINING },
  'samples.create': { acts: ['make a sample'] },
  'samples.remove': { acts: ['remove a sample'] },
  'samples.update': { acts: ['edit a sample'] },
  'settings.set': {
    why: 'How the app behaves here is no part of the data; an undo of reviews must not change it on the way.',
  },
  'snapshots.cancelTake': { why: CONTROL },
  'snapshots.remove': { acts: ['remove a snapshot'] },
  'snapshots.take': { acts: ['take a snapshot'] },
  'tables.open': { why: NOTHING_KEPT },
  'tables.openUpload': { why: NOTHING_KEPT },
  'tables.resume': { why: 'It goes on in the action of tables.start: undo-imports.test.ts.' },
  'tables.start': { acts: ['import a table'] },
  'trainer.setUp': { why: 'It installs programs outside of the workspace.' },
  'trainer.stopSetUp': { why: CONTROL },
  'trainer.testJudge': { why: NOTHING_KEPT },
  'views.remove': { acts: ['remove a view'] },
  'views.save': { acts: ['save a view'] },
};
