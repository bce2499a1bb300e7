import type { ImageTool } from './tool.ts'

/**
 * Docker with BuildKit, which the Dockerfiles' cache mounts need. It reads a docker config of its own, and speaks plain HTTP
 * to what its daemon was told to. A CA bundle of this machine does not reach into its builds.
 */
export const dockerTool: ImageTool = {
  name: 'docker',
  store: 'the store of the Docker daemon',
  // `docker --version` would do without the daemon.
  probe: () => ['docker', 'version', '--format', '{{.Server.Version}}'],
  build: (build) => [
    // --load: a builder in a container of its own would keep the image to itself. No provenance: one manifest, no index.
    ...['docker', 'build', '--load', '--provenance=false'],
    ...Object.entries(build.args).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]),
    ...Object.entries(build.contexts ?? {}).flatMap(([name, folder]) => ['--build-context', `${name}=${folder}`]),
    ...['-t', build.tag, '-f', build.dockerfile, build.context],
  ],
  pull: (image) => ['docker', 'pull', '--quiet', image],
  inspect: (image) => ['docker', 'image', 'inspect', '--format', '{{.Id}}', image],
  list: () => ['docker', 'image', 'ls', '--format', '{{.Repository}}:{{.Tag}}'],
  remove: (image) => ['docker', 'image', 'rm', image],
  importTar: (tar, image) => [['docker', 'import', tar, image]],
  push: ({ image, destination }) => [
    ['docker', 'tag', image, destination],
    ['docker', 'push', destination],
    // Takes the second name away again, or each build would leave one behind.
    ['docker', 'image', 'rm', destination],
  ],
  pushedDigest: (_push, printed) => /\bdigest: (sha256:[0-9a-f]{64})\b/.exec(printed)?.[1],
  env: () => ({}),
}
