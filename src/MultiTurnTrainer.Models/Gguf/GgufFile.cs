// Folder Gguf: llama.cpp's file format: reads and writes files, blocks of quantised numbers, names, metadata.
// Refuses to know: the forward pass, adapters' folders, what a tokenizer does with its tables.
namespace MultiTurnTrainer.Models.Gguf;

/// <summary>
/// An open GGUF file (version 2 or 3, little-endian): metadata and the places of the tensors, all checked against the file's length
/// before memory is spent on them.
/// </summary>
public sealed class GgufFile : IDisposable
{
    /// <summary>The ending of such files.</summary>
    public const string Extension = ".gguf";

    private readonly SafeFileHandle _file;
    private readonly FileState _begun;

    private GgufFile(string path, SafeFileHandle file, GgufHeader header)
    {
        Path = path;
        _file = file;
        _begun = FileState.Of(file);
        Metadata = new GgufMetadata(path, header.Values);
        Tensors = header.Tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        DataStart = header.DataStart;
    }

    /// <summary>The file's path as given.</summary>
    public string Path { get; }

    /// <summary>What the file says of its model.</summary>
    public GgufMetadata Metadata { get; }

    /// <summary>The tensors by name.</summary>
    public IReadOnlyDictionary<string, GgufTensor> Tensors { get; }

    /// <summary>The first byte of the data: what stands before it is the header.</summary>
    public long DataStart { get; }

    /// <summary>Opens a file and checks its header.</summary>
    /// <exception cref="MttException">It is missing, unreadable, breaks a rule of the format or uses what mtt does not read.</exception>
    public static GgufFile Open(string path)
    {
        InputFile.RequireExists(path, "Check the path.");
        InputFile.RequirePlain(path);
        try
        {
            GgufHeader header = GgufHeader.Read(path);
            return new GgufFile(path, File.OpenHandle(path), header);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new MttException($"{path}: {problem.Message}", "Check the file and its permissions.", problem);
        }
    }

    /// <summary>Reads some values of a tensor, dequantised.</summary>
    /// <param name="tensor">One of this file's.</param>
    /// <param name="start">The first value; a whole number of blocks stand before it.</param>
    /// <param name="target">Receives a whole number of blocks.</param>
    /// <exception cref="MttException">The file was changed since it was opened, or holds numbers that are not finite.</exception>
    public void Read(GgufTensor tensor, long start, Span<float> target)
    {
        (int values, int size) = (tensor.Type.BlockValues(), tensor.Type.BlockBytes());
        byte[] bytes = ArrayPool<byte>.Shared.Rent(target.Length / values * size);
        try
        {
            Span<byte> blocks = bytes.AsSpan(0, target.Length / values * size);
            _begun.Read(Path, _file, DataStart + tensor.Offset + (start / values * size), blocks);
            Dequantiser.Run(tensor.Type, blocks, target);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }

        if (!TensorPrimitives.IsFiniteAll<float>(target))
        {
            throw new MttException(
                $"{Path}: '{tensor.Name}' holds numbers that are not finite (NaN or infinity)",
                "A model computes nothing with them: fetch the file again."
            );
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
