// What both tours share: they are given one argument in JSON, and print a line of JSON a sight.

export const given = JSON.parse(process.argv[2]);

export function saw(what, seen) {
  console.log(JSON.stringify({ what, seen }));
}

// Everything that was written to a socket has left, so what is asked next comes after it.
export function settled() {
  return new Promise((done) => setImmediate(done));
}
