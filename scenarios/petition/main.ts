// The petition site of the story, as a process of its own (../program.ts).
import { runSite } from '../program.ts'
import { openDatabase } from './database.ts'
import { Forms } from './forms.ts'
import { Petitions } from './petitions.ts'
import { createSite } from './server.ts'

runSite('petition', folder => {
  const database = openDatabase(folder)
  return { answer: createSite(new Petitions(database), new Forms()), close: () => database.close() }
})
