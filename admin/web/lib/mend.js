/* SPDX-License-Identifier: Apache-2.0 */
/* What somebody can do about an error of the API, by its code and status. */

const BY_CODE = {
  971: 'Wait a little; WfpApiRate says how often a token may ask.',
  7003: 'The address is wrong, or what it names is gone. Go back to the list.',
  7400: 'Mend what the message names; a database is called by 1 to 63 of A-Z a-z 0-9 _ and -.',
  7404: 'It was deleted, or the address is wrong. Go back to the list.',
  7500: 'Look at the statement; nothing of it was done.',
  7502: 'Choose another name.',
  9106: 'Sign in again.',
  10000: 'Your token does not have this right. Sign in with one of a higher role, or one for this namespace.',
  10001: 'Upload Lua files, or a folder of them.',
  10004: 'Choose another name, or use the bucket that is there.',
  10005: 'A bucket name has 3 to 63 lower-case letters, digits and "-".',
  10006: 'It was deleted, or renamed. Go back to the list.',
  10007: 'It was deleted, or renamed. Go back to the list.',
  10008: 'Delete what is in it first.',
  10009: 'It was deleted, or its time is over. Reload the list.',
  10012: 'Mend what the message names. Nothing was changed.',
  10013: 'It was deleted. Go back to the list.',
  10014: 'Choose another title.',
  10019: 'Give it a title.',
  10020: 'A key has 1 to 1,024 bytes of text.',
  10021: 'Nothing was changed: what runs goes on running. Mend it and deploy again.',
  10027: 'Leave out what the Worker does not need, or raise the limit script_size.',
  10029: 'Choose fewer keys, at least one.',
  10031: 'Somebody else changed it meanwhile. Reload the list.',
  10034: 'At least 60 seconds from now, as a whole number.',
  10039: 'It has become shorter. Reload the list.',
  10041: 'Choose a KV namespace that exists, or make it first.',
  10052: 'Give the binding a name.',
  10054: 'It has at most 5,120 bytes. Keep more in KV or R2.',
  10055: 'There are at most 128. Put several into one of type json.',
  10056: 'Somebody else took it away. Reload the page.',
  10057: 'Give the binding a value.',
  10063: 'Workers are reached by hostnames and routes of this server.',
  10064: 'Take it out of what uses it first, or delete it nevertheless: what uses it fails from then on.',
  10068: 'A Worker returns a table with a function, such as { fetch = function(request, env) ... end }.',
  10085: 'Choose a bucket that exists, or make it first.',
  10090: 'It was deleted, or renamed. Go back to the list.',
  10092: 'It was deleted, or renamed. Go back to the list.',
  10100: 'Five fields: minute, hour, day, month, weekday. "*/5 * * * *" is every five minutes.',
  10144: 'Choose a Worker that exists, or deploy it first.',
  10181: 'Choose a database that exists, or make it first.',
  10215: 'Give one version all the traffic first.',
  10222: 'Versions that get no traffic go after some time: WfpVersionsKept. Reload the page.',
  10405: 'This server is of another version than this page. Reload it.',
  10409: 'Look at what it is now: reload the page.',
  10412: 'Somebody else changed it since you opened it. Look at what there is now, then save again.',
  10501: 'This version of the server does not have it.',
  10503: 'Workers are served on. Try again when the database answers; "wfpctl doctor" says more.',
  11000: 'It was deleted. Go back to the list.',
  11001: 'There is no such consumer any more. Reload the page.',
  11004: 'A queue has one consumer: change the one there is, or remove it.',
  11009: 'Choose another name.',
  11010: 'Wait until its messages were worked on, or remove those that are not needed.',
  100107: 'Choose a queue that exists, or make it first.',
  100119: 'It was deleted, or renamed. Go back to the list.',
  100120: 'Choose another name.',
  100127: 'Mend what the message names; nothing was changed.',
  100128: 'Mend what the message names; nothing was changed.',
};

const BY_STATUS = {
  0: 'Look whether the server runs and your network works, then try again.',
  401: 'Sign in again.',
  403: 'Your token does not have this right.',
  404: 'It is not there any more, or never was. Reload the list.',
  408: 'The upload was too slow. Try again.',
  413: 'Send less at a time, or delete what is not needed.',
  429: 'Wait a little and try again.',
  500: 'The server\'s error log says more.',
  503: 'Try again in a moment.',
};

export function mend(error) {
  /* one code has two meanings, by its status */
  const isStatus = (error.status === 429 && error.code === 10057) || (error.status === 401 && error.code === 10000);
  const known = isStatus ? undefined : BY_CODE[error.code];
  return known ?? BY_STATUS[error.status]
    ?? 'Mend what the message names and try again.';
}
