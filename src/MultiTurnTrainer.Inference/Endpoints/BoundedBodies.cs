using System.Net;

namespace MultiTurnTrainer.Inference.Endpoints;

/// <summary>
/// Ends a reply that is longer than a limit, counted after decompression: of a stream of events the whole, of an error its
/// text too. A server can fill no memory, whoever runs it.
/// </summary>
/// <param name="inner">Sends the request and decompresses the reply.</param>
/// <param name="limit">The most bytes of one reply.</param>
internal sealed class BoundedBodies(HttpMessageHandler inner, long limit) : DelegatingHandler(inner)
{
    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request,
        CancellationToken cancellationToken
    )
    {
        HttpResponseMessage response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        response.Content = new BoundedContent(response.Content, limit);
        return response;
    }

    private sealed class BoundedContent : HttpContent
    {
        private readonly HttpContent _whole;
        private readonly long _limit;

        public BoundedContent(HttpContent whole, long limit)
        {
            _whole = whole;
            _limit = limit;
            foreach ((string name, IEnumerable<string> values) in whole.Headers)
            {
                Headers.TryAddWithoutValidation(name, values);
            }
        }

        protected override async Task<Stream> CreateContentReadStreamAsync() =>
            new BoundedStream(await _whole.ReadAsStreamAsync().ConfigureAwait(false), _limit);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            Stream body = await CreateContentReadStreamAsync().ConfigureAwait(false);
            await body.CopyToAsync(stream).ConfigureAwait(false);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }

        protected override void Dispose(bool disposing)
        {
            _whole.Dispose();
            base.Dispose(disposing);
        }
    }

    private sealed class BoundedStream(Stream inner, long limit) : Stream
    {
        private long _read;

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => Counted(inner.Read(buffer, offset, count));

        public override async ValueTask<int> ReadAsync(
            Memory<byte> buffer,
            CancellationToken cancellationToken = default
        ) => Counted(await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false));

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellation) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellation).AsTask();

        public override void Flush() { }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            inner.Dispose();
            base.Dispose(disposing);
        }

        private int Counted(int read)
        {
            _read += read;
            return _read <= limit ? read : throw new IOException($"the answer is longer than {limit} bytes");
        }
    }
}
