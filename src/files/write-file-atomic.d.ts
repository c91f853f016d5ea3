// write-file-atomic 8 ships no types; this is the part keyroller uses.
declare module 'write-file-atomic' {
  interface Options {
    mode?: number
    fsync?: boolean
    encoding?: BufferEncoding
  }
  export default function writeFileAtomic(path: string, data: string, options: Options): Promise<void>
}
