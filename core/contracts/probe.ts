/**
 * Prefix of small objects that `npm run doctor -- --deployed` writes, reads and deletes in each bucket. They are not data: nothing
 * starts because of them.
 */
export const probePrefix = "doctor/";
