// Where a box that was drawn on a rendered page lies in the page's own coordinates.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pageRect } from '../dist/index.js'

describe('a box on a rendered page', () => {
  // The page shows from 10, 20 to 210, 320; 40 points from the left edge of what is seen, 30 from its top, 60 wide, 20 high.
  const viewBox = [10, 20, 210, 320]
  const box = { x: 40, y: 30, width: 60, height: 20 }
  for (const [rotation, rect] of [
    [0, [50, 270, 110, 290]],
    [90, [40, 60, 60, 120]],
    [180, [110, 50, 170, 70]],
    [270, [160, 220, 180, 280]],
    [-90, [160, 220, 180, 280]],
    [450, [40, 60, 60, 120]],
  ]) {
    const [width, height] = rotation % 180 === 0 ? [200, 300] : [300, 200]
    it(`is found on a page turned by ${rotation}°`, () => assert.deepEqual(pageRect(box, { viewBox, rotation, width, height }), rect))
    it(`is the same at another scale, turned by ${rotation}°`, () => {
      const larger = Object.fromEntries(Object.entries(box).map(([side, n]) => [side, n * 1.5]))
      assert.deepEqual(pageRect(larger, { viewBox, rotation, width: width * 1.5, height: height * 1.5 }), rect)
    })
  }
})
