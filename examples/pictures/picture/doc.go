// Package picture is what the functions of the example share: pictures are stored, resized, moderated and indexed.
//
// A bucket holds the original of each picture, which never changes, and its thumbnail. A table holds what is known of a picture, in
// parts: each function writes a part of its own, and reads no other one. So their order does not matter. The part index may change,
// and has a rank; the newest one stays. The other parts depend on the original only, so the first one stays.
//
//	functions that are fed by a queue    tasks of a state machine       bucket                        table: owner, part
//	publish-picture                                                     originals/OWNER/ID
//	resize-picture                       resize-task                    thumbnails/OWNER/ID.jpg       OWNER, ID/thumbnail
//	moderate-picture                     moderate-task                                                OWNER, ID/verdict
//	index-picture                        index-task                                                   OWNER, ID/index
//	get-picture                          remove-thumbnail-task, remove-index-task
package picture
