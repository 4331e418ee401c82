/**
 * Prefix of small objects that the command 'doctor' writes, reads and deletes in each bucket. They are not data: nothing
 * starts because of them.
 */
export const probePrefix = "doctor/";
