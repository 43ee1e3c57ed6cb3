// libtorch's thread count belongs to the whole process, and the self-test changes it while bytes are compared elsewhere.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
