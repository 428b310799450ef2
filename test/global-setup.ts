import { execFileSync } from 'node:child_process'

/** The template and the end-to-end tests look at what would be deployed. */
export default function setup(): void {
  execFileSync('npm', ['run', '--silent', 'package'], { stdio: 'pipe' })
}
