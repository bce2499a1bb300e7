import { writeFileSync } from 'node:fs'

// Puts itself into a cgroup and becomes the program that is to run there: what is charged is the program's alone.
const [node = '', , processes = '', ...args] = process.argv
writeFileSync(processes, String(process.pid))
process.execve?.(node, [node, ...args], process.env)
