/** What jassub's own types name and its package lacks. */
export type JASSUB = unknown;
export type ASSEvent = unknown;
export type ASSStyle = unknown;
