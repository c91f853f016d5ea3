/**
 * A second opinion on a signing request, by a parser that shares no code with its encoder; the only home of @peculiar/x509.
 * Loading it costs more than signing a hundred requests, so `run/executors/issue.ts` asks once for every new shape.
 */
import 'reflect-metadata'
import { isIPv6, SocketAddress } from 'node:net'
import {
  type JsonGeneralName,
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
} from '@peculiar/x509'
import { KeyrollerError } from '../core/errors.ts'
import type { Issuance } from '../core/material.ts'
import { SUBJECT_FIELDS, SUBJECT_WORDS, type SubjectField } from '../core/subject.ts'
import { requestedDnsNames } from './signing-request.ts'

/** Throws `internal` when the request does not verify, or asks for anything but the names configured. */
export async function checkRequest(pem: string, issuance: Issuance): Promise<void> {
  const request = new Pkcs10CertificateRequest(pem)
  if (!(await request.verify())) throw fault('a request that verifies', 'one that does not')
  checkSubject(request, issuance)
  const names = alternativeNames(request)
  const ofType = (type: JsonGeneralName['type']) =>
    names.filter((name) => name.type === type).map(({ value }) => value)
  compare('DNS names', requestedDnsNames(issuance), ofType('dns'))
  compare('URIs', issuance.uris, ofType('url'))
  compare('email addresses', issuance.emails, ofType('email'))
  compare('IP addresses', issuance.ipAddresses.map(oneSpelling), ofType('ip').map(oneSpelling))
  const asked = [requestedDnsNames(issuance), issuance.uris, issuance.emails, issuance.ipAddresses].flat()
    .length
  if (names.length !== asked) throw fault(`${asked} alternative names`, `${names.length}`)
}

function checkSubject({ subjectName }: Pkcs10CertificateRequest, { commonName, subject }: Issuance): void {
  compare('common name', [commonName], subjectName.getField('CN'))
  for (const field of SUBJECT_FIELDS)
    compare(SUBJECT_WORDS[field], subject[field] ?? [], subjectName.getField(OIDS[field]))
  const asked = 1 + Object.values(subject).flat().length
  const found = subjectName
    .toJSON()
    .flatMap((part) => Object.values(part))
    .flat().length
  if (found !== asked) throw fault(`${asked} attributes in the subject`, `${found}`)
}

const OIDS: Readonly<Record<SubjectField, string>> = {
  country: '2.5.4.6',
  province: '2.5.4.8',
  locality: '2.5.4.7',
  organization: '2.5.4.10',
  organizationalUnit: '2.5.4.11',
  serialNumber: '2.5.4.5',
}

function alternativeNames(request: Pkcs10CertificateRequest): readonly JsonGeneralName[] {
  const extension = request.getExtension('2.5.29.17')
  return extension ? new SubjectAlternativeNameExtension(extension.rawData).names.toJSON() : []
}

function compare(what: string, wanted: readonly string[], found: readonly string[]): void {
  const [a, b] = [wanted, found].map((names) => JSON.stringify([...names].sort()))
  if (a !== b) throw fault(`${what} ${a} in the request`, String(b))
}

function oneSpelling(address: string): string {
  return isIPv6(address) ? new SocketAddress({ address, family: 'ipv6' }).address : address
}

function fault(expected: string, found: string): KeyrollerError {
  return new KeyrollerError('internal', `signing request: expected ${expected}, found ${found}`)
}
