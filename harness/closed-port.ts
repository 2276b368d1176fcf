/**
 * A port of 127.0.0.1 on which nothing listens. Only root may listen on a port below 1024, and no service has this number (IANA's
 * registry of ports lists it as unassigned). A port that was only free a moment ago may be taken by any process.
 */
export const CLOSED_PORT = 4;
