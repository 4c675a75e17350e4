// Makes the engine smaller without changing what it does: `node scripts/trim.js linked.wasm hashout.wasm`.
//
// Go's linker leaves three things in a WebAssembly program that make a sixth of it as it travels (brotli):
//   - tables for the text of a crash: file, line, arguments and name of each function. This text may quote a document, so the
//     engine drops it (engine.ts);
//   - the index from program counter to function, with 16 entries of its own for each function. The runtime takes an entry for
//     a lower bound and walks on from there (runtime.findfunc), so one entry for 16 functions serves as well;
//   - data cut at every eight zeros into up to 100,000 segments, whose headers hide from the compressor what repeats.
//
// The layout is that of the Go version in go.mod: runtime/symtab.go (pcHeader, moduledata, findfuncbucket), runtime/runtime2.go
// (_func), cmd/link/internal/wasm/asm.go. What is not as expected ends the build.

import { readFileSync, writeFileSync } from 'node:fs'

function trim(wasm) {
  const sections = readSections(wasm)
  const data = sections.find(({ id }) => id === 11)
  const memory = readData(data.body)
  const tables = new Tables(memory)
  tables.blankTracebacks()
  tables.coarsenIndex()
  data.body = writeData(memory)
  return Buffer.concat([wasm.subarray(0, 8), ...sections.flatMap(({ id, body }) => [Buffer.from([id, ...uleb(body.length)]), body])])
}

/** The tables by which the runtime knows its functions, in the memory of the program. */
class Tables {
  #memory
  #view
  #functions // how many
  #module // address of the fields of runtime.firstmoduledata that follow its slices
  #slices // funcnametab, cutab, filetab, pctab, pclntable, ftab: address and number of elements

  constructor(memory) {
    this.#memory = memory
    this.#view = new DataView(memory.buffer)
    const { header, module } = this.#find()
    this.#functions = this.#u64(header + 8)
    this.#slices = [0, 24, 48, 72, 96, 120].map((at) => ({ at: this.#u64(module + 8 + at), length: this.#u64(module + 16 + at) }))
    this.#module = module + 152
    const { at, length } = this.#slices[5]
    expect(length === this.#functions + 1 && at === this.#slices[4].at, 'the function table')
  }

  /** Finds the module by its pointer to the header of the tables and the slices that the header must agree with. */
  #find() {
    const magic = Buffer.from([0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8])
    for (let header = this.#memory.indexOf(magic); header >= 0; header = this.#memory.indexOf(magic, header + 1)) {
      const pointers = Buffer.alloc(16)
      pointers.writeBigUInt64LE(BigInt(header), 0)
      pointers.writeBigUInt64LE(BigInt(header + this.#u64(header + 32)), 8)
      const module = this.#memory.indexOf(pointers)
      if (module < 0) continue
      for (let i = 0; i < 5; i++) {
        expect(this.#u64(module + 8 + 24 * i) === header + this.#u64(header + 32 + 8 * i), 'runtime.moduledata')
      }
      return { header, module }
    }
    throw new Error('trim: no tables of Go found')
  }

  /** Blanks what only the text of a crash needs. */
  blankTracebacks() {
    const [names, units, files, pctab] = this.#slices
    const gofunc = this.#u64(this.#module + 8 * 21)
    const keptTables = new Set()
    const keptNames = new Set()
    const argumentInfos = new Set()
    const nameless = this.#findNameless(names.at)
    for (const func of this.#each()) {
      // struct _func: pcfile, pcln, cuOffset, startLine.
      for (const field of [20, 24, 32, 36]) this.#set(func + field, 0)
      const pcdata = this.#u32(func + 28)
      const funcdata = this.#memory[func + 43]
      expect(pcdata <= 5 && funcdata <= 8, 'a function')
      // UnsafePoint is for preemption by signal, which there is none of; ArgLiveIndex and ArgInfo are for printing arguments.
      for (const index of [0, 3]) if (index < pcdata) this.#set(func + 44 + 4 * index, 0)
      const argInfo = func + 44 + 4 * (pcdata + 5)
      if (funcdata > 5 && this.#u32(argInfo) !== 0xffffffff) {
        argumentInfos.add(gofunc + this.#u32(argInfo))
        this.#set(argInfo, 0xffffffff)
      }
      keptTables.add(this.#u32(func + 16))
      for (let index = 0; index < pcdata; index++) keptTables.add(this.#u32(func + 44 + 4 * index))
      if (this.#namedForRuntime(names.at + this.#u32(func + 4))) keptNames.add(this.#u32(func + 4))
      else this.#set(func + 4, nameless)
    }
    const endOfInfo = 0xff
    for (const [start, end] of [...argumentInfos].map((at) => [at, this.#memory.indexOf(endOfInfo, at) + 1])) this.#memory.fill(0, start, end)
    this.#blankBut(pctab, [...keptTables].filter(Boolean), (at) => this.#endOfTable(at))
    this.#blankBut(names, keptNames, (at) => this.#memory.indexOf(0, at))
    this.#memory.fill(0, units.at, units.at + 4 * units.length)
    this.#memory.fill(0, files.at, files.at + files.length)
  }

  /** Gives 16 functions the index of the first. A function has 64 KiB of addresses, a bucket is 4 KiB: an index, 16 bytes to add. */
  coarsenIndex() {
    const [buckets, minpc, maxpc] = [0, 8, 16].map((field) => this.#u64(this.#module + field))
    const count = Math.ceil((maxpc - minpc) / 4096)
    expect(count > 16 * (this.#functions - 1) && count <= 16 * this.#functions, 'the range of addresses')
    for (let i = 0; i < count; i++) {
      expect(this.#u32(buckets + 20 * i) === i >> 4, 'the index of functions')
      this.#set(buckets + 20 * i, (i >> 4) & ~15)
    }
  }

  /** The addresses of all structs _func. */
  *#each() {
    const { at } = this.#slices[5]
    for (let i = 0; i < this.#functions; i++) {
      const func = at + this.#u32(at + 8 * i + 4)
      expect(this.#u32(func) === this.#u32(at + 8 * i), 'an entry of the function table')
      yield func
    }
  }

  /** The runtime compares some names: see the uses of funcname in runtime/proc.go, stkframe.go and traceback.go. */
  #namedForRuntime(at) {
    return ['runtime.', 'reflect.', 'internal/runtime/'].some((start) => this.#memory.subarray(at, at + start.length).equals(Buffer.from(start)))
  }

  /** A name that will be blank. */
  #findNameless(names) {
    for (const func of this.#each()) {
      const offset = this.#u32(func + 4)
      if (!this.#namedForRuntime(names + offset)) return offset
    }
    throw new Error('trim: no functions')
  }

  /** A table of pctab is pairs of varints, up to a first of zero that does not begin the table. */
  #endOfTable(at) {
    const varint = () => {
      while (this.#memory[at++] & 0x80);
    }
    for (let first = true; first || this.#memory[at] !== 0; first = false) {
      varint()
      varint()
    }
    return at
  }

  #blankBut({ at, length }, keptOffsets, end) {
    const kept = new Uint8Array(length)
    for (const offset of keptOffsets) kept.fill(1, offset, end(at + offset) - at)
    for (let i = 0; i < length; i++) if (!kept[i]) this.#memory[at + i] = 0
  }

  #u32(at) {
    return this.#view.getUint32(at, true)
  }

  #u64(at) {
    return Number(this.#view.getBigUint64(at, true))
  }

  #set(at, value) {
    this.#view.setUint32(at, value, true)
  }
}

function readSections(wasm) {
  expect(wasm.readUInt32LE(0) === 0x6d736100, 'the magic number')
  const sections = []
  const at = { offset: 8 }
  while (at.offset < wasm.length) {
    const id = wasm[at.offset++]
    const length = readUleb(wasm, at)
    sections.push({ id, body: wasm.subarray(at.offset, at.offset + length) })
    at.offset += length
  }
  return sections
}

/** The memory as it stands after instantiation. */
function readData(body) {
  const at = { offset: 0 }
  const segments = []
  for (let left = readUleb(body, at); left > 0; left--) {
    expect(body[at.offset++] === 0 && body[at.offset++] === 0x41, 'a data segment')
    const start = readUleb(body, at) // signed, but no address is negative
    expect(body[at.offset++] === 0x0b, 'a data segment')
    const length = readUleb(body, at)
    segments.push([start, body.subarray(at.offset, at.offset + length)])
    at.offset += length
  }
  const memory = Buffer.from(new ArrayBuffer(Math.max(...segments.map(([start, bytes]) => start + bytes.length))))
  for (const [start, bytes] of segments) memory.set(bytes, start)
  return memory
}

/** Cuts only where there is much to leave out: zeros compress to nothing, headers do not. */
function writeData(memory) {
  const longRun = 4096
  const segments = []
  let start = -1
  let zeros = 0
  for (let at = 0; at <= memory.length; at++) {
    if (at < memory.length && memory[at] !== 0) {
      if (start < 0) start = at
      zeros = 0
    } else if (++zeros >= longRun || at === memory.length) {
      if (start >= 0) segments.push([start, memory.subarray(start, at + 1 - zeros)])
      start = -1
    }
  }
  return Buffer.concat([
    Buffer.from(uleb(segments.length)),
    ...segments.flatMap(([offset, bytes]) => [Buffer.from([0, 0x41, ...sleb(offset), 0x0b, ...uleb(bytes.length)]), bytes]),
  ])
}

function readUleb(bytes, at) {
  let value = 0
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at.offset++]
    value += (byte & 0x7f) * 2 ** shift
    if (byte < 0x80) return value
  }
}

function uleb(value) {
  const bytes = []
  for (; value > 0x7f; value = Math.floor(value / 128)) bytes.push((value % 128) | 0x80)
  return [...bytes, value]
}

/** Signed: the highest bit of the last byte, which is the sign, must stay clear. */
function sleb(value) {
  const bytes = []
  for (; value > 0x3f; value = Math.floor(value / 128)) bytes.push((value % 128) | 0x80)
  return [...bytes, value]
}

function expect(condition, what) {
  if (!condition) throw new Error(`trim: ${what} is not as this version of Go writes it`)
}

const [, , source, target] = process.argv
writeFileSync(target, trim(readFileSync(source)))
