import { runCommand } from '#examples/cluster/command.ts'

export type ToolName = 'buildah' | 'docker'

export interface Build {
  readonly tag: string
  readonly dockerfile: string
  readonly context: string
  /** Folders beside the context, by the name that the Dockerfile copies from. */
  readonly contexts?: Readonly<Record<string, string>>
  readonly args: Readonly<Record<string, string>>
}

export interface Push {
  /** As the local store names it. */
  readonly image: string
  /** `registry.example.com/kaito/operator:tag`. */
  readonly destination: string
  readonly plainHttp: boolean
  /** A file to write the digest to, for a tool that can. */
  readonly digestFile: string
  /** A docker config to log in with. Default: the tool's own. */
  readonly authFile?: string
}

/** A program that builds images, as the command lines to give it. Nothing here runs; no shell is ever involved. */
export interface ImageTool {
  readonly name: ToolName
  /** Where its images are, for a person who needs the room. */
  readonly store: string
  /** Ends with 0 where the tool is installed and works. */
  probe(): string[]
  build(build: Build, ca: string | undefined): string[]
  pull(image: string): string[]
  /** Ends with 0 where the local store has the image. */
  inspect(image: string): string[]
  /** Prints a line `name:tag` for each image. */
  list(): string[]
  remove(image: string): string[]
  /** Makes an image of the tar of a file system. */
  importTar(tar: string, image: string): string[][]
  push(push: Push): string[][]
  /** The digest that the registry now has, from what the commands of a push printed and left behind. */
  pushedDigest(push: Push, printed: string): string | undefined
  /** What the commands need besides this process's own environment. */
  env(): Readonly<Record<string, string>>
}

/** A command of an image tool ended badly. `output` is all it said to stderr, or else to stdout. */
export class ToolFailed extends Error {
  /** `push`, `bud`, `build`. */
  readonly command: string
  readonly output: string

  constructor(argv: readonly string[], code: number, output: string) {
    const command = argv.find((word, index) => index > 0 && /^[a-z]+$/.test(word)) ?? ''
    super(`${argv[0]} ${command} failed with code ${code}:\n${output.split('\n').slice(-20).join('\n')}`)
    this.name = 'ToolFailed'
    this.command = command
    this.output = output
  }
}

/** Runs one command of a tool and gives what it printed. Rejects with ToolFailed. */
export async function runTool(tool: ImageTool, argv: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runCommand(argv, { env: { ...process.env, ...tool.env() } })
  if (code === 0) return stdout
  throw new ToolFailed(argv, code, stderr.trim() || stdout.trim())
}
