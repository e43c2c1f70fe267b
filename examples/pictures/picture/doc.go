// Package picture is what the functions of the example share: pictures are stored, resized, moderated and indexed.
//
// A bucket holds the original of each picture, which never changes, and its thumbnail. A table holds what is known of a picture. It is
// filled in two ways:
//
// Functions that are fed by a queue, [Work], write a part each and read no other one. So their order does not matter. The part index
// may change, and has a rank; the newest one stays. The other parts depend on the original only, so the first one stays.
//
// The tasks of a state machine, [Tasks], work on images that bear the name of the execution, and the last one makes the picture known,
// in one item. So an execution that fails, or is refused, removes nothing but its own images.
//
//	function                        bucket                                     table: owner, part
//	publish-picture                 originals/OWNER/ID
//	resize-picture                  thumbnails/OWNER/ID.jpg                    OWNER, ID/thumbnail
//	moderate-picture                                                           OWNER, ID/verdict
//	index-picture                                                              OWNER, ID/index
//
//	resize-task                     originals/OWNER/ID/EXECUTION,
//	                                thumbnails/OWNER/ID/EXECUTION.jpg
//	moderate-task
//	index-task                                                                 OWNER, ID/index
//	remove-images-task              removes what resize-task wrote
//
//	get-picture                                                                reads all
package picture
