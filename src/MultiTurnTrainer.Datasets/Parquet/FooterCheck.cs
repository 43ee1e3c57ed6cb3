namespace MultiTurnTrainer.Datasets.Parquet;

/// <summary>
/// A look at a file's footer before the library parses it. The library follows a schema as deep as it is nested, and one
/// nested a hundred thousand times overflows its stack, which ends the process.
/// </summary>
internal static class FooterCheck
{
    private const int MaxDepth = 64;
    private const int SchemaField = 2;
    private const int ChildrenField = 5;

    /// <summary>Checks the file's marks and the depth of its schema.</summary>
    /// <exception cref="InvalidDataException">It is no Parquet file, or nested too deeply.</exception>
    /// <exception cref="EndOfStreamException">It ends too soon.</exception>
    public static void Run(FileStream file)
    {
        Span<byte> mark = stackalloc byte[4];
        Span<byte> tail = stackalloc byte[8];
        if (file.Length < 12)
        {
            throw new EndOfStreamException();
        }

        file.ReadExactly(mark);
        file.Seek(-8, SeekOrigin.End);
        file.ReadExactly(tail);
        if (!mark.SequenceEqual("PAR1"u8) || !tail[4..].SequenceEqual("PAR1"u8))
        {
            throw new InvalidDataException(
                tail[4..].SequenceEqual("PARE"u8) ? "its footer is encrypted" : "it does not begin and end with PAR1"
            );
        }

        int length = BinaryPrimitives.ReadInt32LittleEndian(tail);
        if (length <= 0 || length > file.Length - 12)
        {
            throw new InvalidDataException("its footer's length is wrong");
        }

        byte[] footer = new byte[length];
        file.Seek(-8 - length, SeekOrigin.End);
        file.ReadExactly(footer);
        CheckDepth(footer);
    }

    // parquet.thrift, FileMetaData: the schema is a list of fields, a group before its children.
    private static void CheckDepth(ReadOnlySpan<byte> footer)
    {
        ThriftWalk walk = new(footer);
        int id = 0;
        while (walk.NextField(ref id, out ThriftType type))
        {
            if (id != SchemaField || type != ThriftType.List)
            {
                walk.Skip(type);
                continue;
            }

            // How many children each open group still waits for.
            Stack<long> open = new();
            for (int left = walk.ReadList(out _); left > 0; left--)
            {
                while (open.TryPeek(out long waiting) && waiting == 0)
                {
                    open.Pop();
                }

                if (open.Count > MaxDepth)
                {
                    throw new InvalidDataException("the schema is nested too deeply");
                }

                if (open.TryPop(out long siblings))
                {
                    open.Push(siblings - 1);
                }

                open.Push(ReadChildren(ref walk));
            }
        }
    }

    private static long ReadChildren(ref ThriftWalk walk)
    {
        long children = 0;
        int id = 0;
        while (walk.NextField(ref id, out ThriftType type))
        {
            if (id == ChildrenField && type == ThriftType.I32)
            {
                children = Math.Max(0, walk.ReadInteger());
            }
            else
            {
                walk.Skip(type);
            }
        }

        return children;
    }
}
