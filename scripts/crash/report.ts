import type { Total } from './add-up.ts'
import { describeTotal } from './add-up.ts'

export interface ReportInput {
  readonly totals: readonly Total[]
  readonly machine: string
  readonly date: string
}

/** docs/reliability.md, numbers and all; nothing in it is typed in by hand. */
export function renderReport({ totals, machine, date }: ReportInput): string {
  const sums = totals.map((total) => `- ${describeTotal(total)}`)
  const rows = totals.flatMap(({ proof, parts }) =>
    parts.map(({ of, count, violations }) => `| ${proof} | ${of} | ${count} | ${violations.length} |`),
  )
  return `${PROMISE}
## How it is proved

By breaking it, not by argument. \`npm run test:crash\` (root, strace, loop devices) goes over every case and prints a line
a proof; \`scripts/test\` goes over a sample of the same cases in every run and prints the seed that repeats it.

${PROOF}
## What the last full run found

Made by \`npm run test:crash -- --save\` on ${date}: ${machine}.

${sums.join('\n')}

| proof | of | cases | violations |
|---|---|---|---|
${rows.join('\n')}

${LIMITS}`
}

const PROMISE = `# Reliability of files

What keyroller promises for the files of a material, whatever happens in the middle of a run: the process killed, the disk full
or broken, the power cut, the owner of the directory hostile. With \`layout = "files"\` they are regular files at the configured
paths, with \`layout = "generation"\` links that one rename switches together ([configure.md](configure.md#layout)).

## What is promised

1. **A set is whole.** After recovery all files of a material are the new ones, or all are those of before. Never a new key
   with an old certificate. Recovery runs at the start of every run and early at boot, before consumers
   (\`keyroller-recover.service\`); by hand: \`keyroller recover\`. With \`generation\` it is whole at every instant, recovered or not.
2. **A name never stands for half a file**, nor for one with another mode or owner than configured, recovered or not.
3. **No key lies outside its place.** What an interrupted run staged is used or removed by the next recovery. A generation keeps
   the one before it, for whoever has it open, and none that is older.
4. **Done means durable.** What keyroller said is installed is installed after a power cut too.
5. **Nobody is forgotten.** A reload is owed, on disk, before the first file is switched, and until the consumer was told.
6. **A failure changes nothing**: the set stays as it was, and the error names the path, what the system said and, on a full
   disk, what is free. One app whose disk is full does not keep the others.
7. **Nothing outside is touched.** As root in a directory that an app owns, keyroller follows no link, and writes to no
   device, FIFO or file with a second name, also when they appear in mid-run. The two links of a generation are read, not
   followed, and lead only into a directory that is keyroller's own; no other is filled or emptied.
8. **Moving loses nothing.** From one layout to the other every name shows the old bytes or the new ones, and into a generation
   all names of a set the same of both. A move that fails can leave links that show the old bytes; the next run goes on with it.

With \`files\`, also when a set moves there, a reader can meet the new key beside the old certificate between two renames: for
microseconds in a run, and until recovery after a crash. With \`generation\` only a reader can that has the one rename between
its own two looks. Consumers are told only after the last rename.

## How a switch goes

What will be replaced is kept first, durable, for a rollback (rollback.md); what cannot be kept is not replaced. Then every file
is staged under a name that nobody knows, made durable, with its owner and mode; the directories are synced; the
journal in the state directory is made durable; the files take their names; the directories are synced; what is left beside is
removed; what is owed is remembered; the journal goes. A crash before the journal leaves everything old; after it, recovery
finishes the switch, or takes it back when something staged is lost.

- \`files\`: each file is staged beside its target, what it will replace gets a second name, and it is renamed over it, all files
  back to back.
- \`generation\`: all files are staged in a directory of their own, which only then gets the name of a generation; names that are
  not there yet become links; one rename makes the middle link lead to the new generation.
- From \`files\` to \`generation\`, before that rename: hard links of the files as they are make a generation, the middle link leads
  to it, each name becomes a link, and all that is durable, step by step.
- From \`generation\` to \`files\`: the second names are those of the links; once all files are in place and durable, links and
  generations that no name leads through are removed.
`

const PROOF = `The cases: sets of one and of five files, in each layout, the first ones, replacing older ones and moved from the other layout.

- **kill**: one installation of two sets is traced, and for every call of it that changes a file system another is killed there.
- **fault**: the same calls fail one by one, with each error a full, broken, read-only or protected file system answers.
- **short**: a write that does nothing or loses bytes and says that it did not.
- **recovery**: the recovery after a kill is itself killed at every such call; the next one must still succeed.
- **once**: a whole run on a real Vault is killed at every such call once its certificate is in the journal, and a hundred times
  at random, at any call at all, between the switch and the reload; the next run installs that certificate, tells the consumer,
  and has no second one issued.
- **keyset**: a run that makes the next version of a keyset, puts it in use or cuts off the one before is killed at every such call, for
  a keyset of one host and for one in a real Vault. Its record is whole and has one version in use; every file is that of before or of
  after; the next run comes to the same end and tells the consumer, and what is not the keyset's stays.
- **lockout**: the identity of a host is rotated on a real Vault; at each step the mapping goes, allows another name, loses its
  policy or pins an authority that signs no more, the role goes, the server is sealed or ends, or keyroller is killed, there
  and at every call that changes files; also where the mapping trusts the host's certificate alone, which is then rotated in the
  mapping as well. What is on disk must log in, by a client that shares no code with keyroller; where the
  fault lets nobody in, it must be the old pair to the byte, or the proved new one, and log in once the fault is mended.
- **cut**: on ext4, the power is cut after every call that makes something durable or changes a name, and after the end
  (EXT4_IOC_SHUTDOWN without a flush of its journal, then mounted anew). The file systems are made as hard as they get: nothing is written
  by and by, and a rename does not write out the file it moves. The state directory lies on the disk of the homes, or on
  another that is cut at the same moment.
- **reader**: every call that changes a name is slowed down while a reader goes over the sets in a loop: in a generation, also while
  it is moved into, it never meets files of two sets. The same reader with \`files\` does, or the proof would prove nothing.
- **round**: the owner of a directory swaps targets, staged files, generations and directories for links as fast as it can while root
  checks, switches, recovers and sets owners in it; everything outside is compared by bytes, mode, owner and times.

Each case is followed by recovery, twice, and everything promised above is looked at; a second recovery must find nothing to do. A
generation is looked at before recovery, too.
The cases come from the trace, so a call that the code makes tomorrow is a case tomorrow.
`

const LIMITS = `## What is not promised

- A disk that confirms a flush it did not do, or loses what it wrote, keeps no program's promise. Bytes that go wrong later are
  found by the next plan (the key no longer matches its certificate), not prevented.
- File systems other than ext4 are not in the cuts. One that cannot do what a switch needs (owners, modes and hard links: not
  on FAT and exFAT, nor on some network and FUSE mounts) is found by a trial before Vault is asked, and named.
- A reader that opens key and certificate by their names can have the switch between the two, in any layout. With \`generation\`
  it can open the middle link once and both files in it.
- A set with files on several file systems is whole after recovery, once all of them are mounted; before that recovery
  decides nothing and says so.
`
