using System.Runtime.InteropServices;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Conversations.Jsonl;

/// <summary>Decompresses zstd with the system's libzstd; says so where there is none.</summary>
internal sealed unsafe partial class ZstdStream : ForwardStream
{
    // A frame may ask for a window of up to 2 GiB; 128 MiB is what `zstd -d` grants without being asked.
    private const int WindowLogMax = 100;
    private const int LargestWindow = 27;

    private readonly string _path;
    private readonly Stream _packed;
    private readonly byte[] _input = new byte[1 << 17];
    private readonly nint _context;
    private int _inputAt;
    private int _inputEnd;
    private nuint _expected = 1;

    static ZstdStream() => NativeLibrary.SetDllImportResolver(typeof(ZstdStream).Assembly, Zstd.Resolve);

    public ZstdStream(string path, Stream packed)
    {
        _path = path;
        _packed = packed;
        if (!Zstd.IsAvailable)
        {
            packed.Dispose();
            throw new MttException(
                $"{path}: is compressed with zstd, and this machine has no libzstd",
                "Install it (Debian: apt-get install libzstd1), or unpack the file first."
            );
        }

        _context = CreateStream();
        SetParameter(_context, WindowLogMax, LargestWindow);
    }

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty)
        {
            return 0;
        }

        while (true)
        {
            bool atEnd = false;
            if (_inputAt == _inputEnd)
            {
                _inputAt = 0;
                _inputEnd = _packed.Read(_input);
                atEnd = _inputEnd == 0;
            }

            if (atEnd && _expected == 0)
            {
                return 0;
            }

            int written = Step(buffer);
            if (written > 0)
            {
                return written;
            }

            if (atEnd)
            {
                throw new InvalidDataException($"{_path}: the zstd stream ends inside a frame");
            }
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _packed.Dispose();
        }

        if (_context != 0)
        {
            _ = FreeStream(_context);
        }

        base.Dispose(disposing);
    }

    private int Step(Span<byte> buffer)
    {
        fixed (byte* input = _input)
        fixed (byte* output = buffer)
        {
            Buffer source = new()
            {
                Data = input,
                Size = (nuint)_inputEnd,
                Position = (nuint)_inputAt,
            };
            Buffer target = new() { Data = output, Size = (nuint)buffer.Length };
            nuint result = Decompress(_context, &target, &source);
            if (IsError(result) != 0)
            {
                throw new InvalidDataException($"{_path}: {Marshal.PtrToStringUTF8(ErrorName(result))}");
            }

            _expected = result;
            _inputAt = (int)source.Position;
            return (int)target.Position;
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Buffer
    {
        public byte* Data;
        public nuint Size;
        public nuint Position;
    }

    [LibraryImport(Zstd.Library, EntryPoint = "ZSTD_createDStream")]
    private static partial nint CreateStream();

    [LibraryImport(Zstd.Library, EntryPoint = "ZSTD_freeDStream")]
    private static partial nuint FreeStream(nint context);

    [LibraryImport(Zstd.Library, EntryPoint = "ZSTD_DCtx_setParameter")]
    private static partial nuint SetParameter(nint context, int parameter, int value);

    [LibraryImport(Zstd.Library, EntryPoint = "ZSTD_decompressStream")]
    private static partial nuint Decompress(nint context, Buffer* output, Buffer* input);

    [LibraryImport(Zstd.Library, EntryPoint = "ZSTD_isError")]
    private static partial uint IsError(nuint code);

    [LibraryImport(Zstd.Library, EntryPoint = "ZSTD_getErrorName")]
    private static partial nint ErrorName(nuint code);
}
