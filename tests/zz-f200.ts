import { interruptUploads } from '/tmp/wt-upload/tests/faults/interrupt-uploads.ts'
const t=Date.now();const r=await interruptUploads.run({seed:7,kills:200,onProgress:(l:string)=>console.log(l)})
console.log(JSON.stringify(r), (Date.now()-t)/1000,'s');process.exit(0)
