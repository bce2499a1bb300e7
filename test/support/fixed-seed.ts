import fc from 'fast-check'

/**
 * Property tests draw the same cases every time, so that a red run means that something changed. New cases are looked for
 * on purpose: `FC_SEED=random npm test -- unit`, or a number to repeat a run, and `npm run bench -- fuzz`.
 */
const wanted = process.env['FC_SEED'] ?? '20261123'
if (wanted !== 'random') fc.configureGlobal({ seed: Number(wanted) })
