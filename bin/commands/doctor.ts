import type { Command } from 'commander'
import { diagnose } from '#lib/admin/diagnose'
import { closePool } from '#lib/jobs/pool'
import { registerLeaksCommand } from './leaks.ts'
import { withDatabase } from './with-database.ts'

/** `peekr doctor`: tries everything Peekr needs here; status 1 when something it cannot do without is missing. */
export function registerDoctorCommand(program: Command): void {
  const doctor = program
    .command('doctor')
    .description('try everything Peekr needs on this machine, and say what to do about what is missing')
    .option('--json', 'print JSON')
    .action(async (options: { json?: boolean }) => {
      const findings = await withDatabase(diagnose)
      await closePool()
      if (options.json) console.log(JSON.stringify(findings, null, 2))
      else
        for (const { name, works, needed, sentence } of findings) {
          console.log(`${works ? '✓' : needed ? '✗' : '–'} ${name}: ${sentence}`)
        }
      if (findings.some(({ works, needed }) => needed && !works)) process.exitCode = 1
    })
  registerLeaksCommand(doctor)
}
