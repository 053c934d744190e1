package results

// networkFileSystems are the types, by the magic number that statfs(2) gives,
// on which SQLite's write-ahead log is known to lose or damage data.
var networkFileSystems = map[uint32]string{
	0x00006969: "NFS",
	0x0BD00BD0: "Lustre",
	0x47504653: "GPFS",
	0x65735546: "FUSE",
	0x01021997: "9p",
	0xFF534D42: "CIFS",
	0xFE534D42: "SMB2",
	0x0000517B: "SMB",
	0x19830326: "BeeGFS",
	0x00C36400: "Ceph",
	0x5346414F: "AFS",
	0x73757245: "Coda",
}
