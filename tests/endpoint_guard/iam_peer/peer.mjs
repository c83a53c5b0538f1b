// Reads {kind, document, requests} objects, one list, from standard input; writes for each the list of its verdicts.
import { anonymousPrincipal, runSimulation } from '@cloud-copilot/iam-simulate'
import { readFileSync } from 'node:fs'

const OWN = '123456789012'
const everything = {
  name: 'everything',
  policy: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }
}
const unlimited = [{ orgIdentifier: 'o-own', policies: [everything] }]

async function allowed(kind, document, request) {
  const identity = kind === 'action'
  const result = await runSimulation(
    {
      request: {
        principal: request.principal || anonymousPrincipal,
        action: request.action,
        resource: { resource: request.resource, accountId: OWN },
        contextVariables: request.context
      },
      identityPolicies: identity
        ? [{ name: 'own', policy: document }]
        : request.principal.startsWith('arn:') && !request.principal.includes(OWN)
          ? [everything]
          : [],
      serviceControlPolicies: request.principal.startsWith('arn:') ? unlimited : [],
      resourceControlPolicies: [],
      resourcePolicy: identity ? undefined : document
    },
    {}
  )
  if (result.resultType === 'error') throw new Error(JSON.stringify([result.errors, document, request]))
  return result.overallResult === 'Allowed'
}

const verdicts = []
for (const { kind, document, requests } of JSON.parse(readFileSync(0, 'utf8'))) {
  const own = []
  for (const request of requests) own.push(await allowed(kind, document, request))
  verdicts.push(own)
}
process.stdout.write(JSON.stringify(verdicts))
