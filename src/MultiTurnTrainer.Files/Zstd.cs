using System.Reflection;
using System.Runtime.InteropServices;

namespace MultiTurnTrainer.Files;

/// <summary>Zstandard through the libzstd that is on the machine; no package ships it.</summary>
public static partial class Zstd
{
    /// <summary>The name under which imports mean this machine's libzstd, once <see cref="Resolve"/> is asked.</summary>
    public const string Library = "mtt-zstd";

    private static readonly Lazy<nint> _handle = new(Load);

    static Zstd() => NativeLibrary.SetDllImportResolver(typeof(Zstd).Assembly, Resolve);

    /// <summary>Whether this machine has libzstd.</summary>
    public static bool IsAvailable => _handle.Value != 0;

    /// <summary>Decompresses one frame of known size.</summary>
    /// <param name="data">The frame.</param>
    /// <param name="size">Bytes it becomes.</param>
    /// <exception cref="MttException">libzstd is missing.</exception>
    /// <exception cref="InvalidDataException">The frame is damaged or has another size.</exception>
    public static byte[] Decompress(ReadOnlySpan<byte> data, int size)
    {
        if (!IsAvailable)
        {
            throw new MttException(
                "the data is compressed with zstd, and this machine has no libzstd",
                "Install libzstd1 (apt), or recompress with gzip or snappy."
            );
        }

        // A frame may truly shrink a thousandfold and more; beyond this it is a claim that would only reserve memory.
        if (size < 0 || size > 1024 + (data.Length * 100_000L))
        {
            throw new InvalidDataException("a zstd frame claims more bytes than it can hold");
        }

        byte[] output = new byte[size];
        nuint written = ZstdDecompress(output, (nuint)size, data, (nuint)data.Length);
        return ZstdIsError(written) == 0 && written == (nuint)size
            ? output
            : throw new InvalidDataException("a zstd frame is damaged");
    }

    /// <summary>Serves imports from <see cref="Library"/>.</summary>
    public static nint Resolve(string name, Assembly assembly, DllImportSearchPath? search) =>
        name == Library ? _handle.Value : 0;

    private static nint Load()
    {
        foreach (string name in (string[])["libzstd.so.1", "libzstd.so", "libzstd.1.dylib", "libzstd.dylib", "libzstd"])
        {
            if (SystemLibrary.TryLoad(name, out nint handle))
            {
                return handle;
            }
        }

        return 0;
    }

    [LibraryImport(Library, EntryPoint = "ZSTD_decompress")]
    private static partial nuint ZstdDecompress(
        Span<byte> output,
        nuint capacity,
        ReadOnlySpan<byte> data,
        nuint length
    );

    [LibraryImport(Library, EntryPoint = "ZSTD_isError")]
    private static partial uint ZstdIsError(nuint code);
}
