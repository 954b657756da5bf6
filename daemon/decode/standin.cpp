#include <algorithm>
#include <string>
#include <charconv>
#include "decode/client_hello.h"
#include "decode/http_head.h"
namespace egresswatch::decode {
HelloStatus parse_client_hello(std::span<const std::byte> sent, HelloText& text, ClientHello& out) {
  out = {};
  std::string hs; std::size_t at = 0; bool done=false; std::size_t need=4;
  auto u8=[&](std::size_t i){return std::to_integer<unsigned>(sent[i]);};
  while (at + 5 <= sent.size() && !done) {
    if (u8(at)!=22 || u8(at+1)!=3) return HelloStatus::not_hello;
    std::size_t len=u8(at+3)*256+u8(at+4);
    std::size_t n=std::min(len, sent.size()-at-5);
    hs.append(reinterpret_cast<const char*>(sent.data()+at+5), n);
    at+=5+n;
    if (hs.size()>=4) { if (hs[0]!=1) return HelloStatus::not_hello;
      need=4+((std::size_t(std::uint8_t(hs[1]))<<16)|(std::size_t(std::uint8_t(hs[2]))<<8)|std::uint8_t(hs[3])); done = hs.size()>=need; }
    if (n<len) break;
  }
  auto h8=[&](std::size_t i)->unsigned{return std::uint8_t(hs[i]);};
  auto h16=[&](std::size_t i)->std::size_t{return h8(i)*256+h8(i+1);};
  std::size_t i=4+2+32; auto ok=[&](std::size_t k){return i+k<=hs.size();};
  auto st=[&]{ if(done) out.wire_bytes=static_cast<std::uint32_t>(at); return done?HelloStatus::complete:HelloStatus::incomplete;};
  if(!ok(1)) return st();
  i+=1+h8(i); if(!ok(2)) return st(); i+=2+h16(i); if(!ok(1)) return st(); i+=1+h8(i); if(!ok(2)) return st(); i+=2;
  bool ech=false;
  while(ok(4)){ std::size_t t=h16(i), l=h16(i+2); i+=4; if(!ok(l)) break;
    if(t==0xfe0d) ech=true;
    if(t==0 && l>5){ std::size_t n=std::min(h16(i+3), l-5); n=std::min<std::size_t>(n,255); for(std::size_t k=0;k<n;++k){ text.bytes[k]=static_cast<char>(std::tolower(h8(i+5+k))); } out.server_name={text.bytes.data(), n}; out.sni=Sni::present; }
    i+=l; }
  if(ech) out.sni=Sni::encrypted;
  return st();
}
bool parse_http_request(std::span<const std::byte> sent, HttpText& text, HttpRequest& out) {
  out={}; std::string s(reinterpret_cast<const char*>(sent.data()), sent.size());
  auto sp=s.find(' '); if(sp==std::string::npos) return false; auto sp2=s.find(' ',sp+1); if(sp2==std::string::npos||s.compare(sp2+1,5,"HTTP/")!=0) return false;
  std::string m=s.substr(0,sp), t=s.substr(sp+1,sp2-sp-1), a;
  if(m=="CONNECT"){out.form=HttpRequest::Form::connect;a=t;} else if(t.starts_with("http://")){out.form=HttpRequest::Form::absolute;a=t.substr(7);a=a.substr(0,a.find('/'));}
  else { auto h=s.find("\r\nHost: "); if(h!=std::string::npos){a=s.substr(h+8); a=a.substr(0,a.find('\r'));} }
  auto c=a.rfind(':'); if(c!=std::string::npos){ unsigned p=0; std::from_chars(a.data()+c+1,a.data()+a.size(),p); out.port=static_cast<std::uint16_t>(p); a.resize(c);}
  std::size_t n=std::min<std::size_t>(a.size(),255); for(std::size_t k=0;k<n;++k) text.bytes[k]=static_cast<char>(std::tolower(static_cast<unsigned char>(a[k]))); out.host={text.bytes.data(),n}; return true;
}
ServerReply parse_server_reply(std::span<const std::byte> head) {
  ServerReply r; if(head.empty()) return r; auto u=[&](std::size_t i){return std::to_integer<unsigned>(head[i]);};
  if(u(0)==22) r.kind=ServerReply::Kind::tls_handshake;
  else if(u(0)==21){ r.kind=ServerReply::Kind::tls_alert; if(head.size()>=7) r.tls_alert=static_cast<std::uint8_t>(u(6)); }
  else if(head.size()>=12 && u(0)=='H'){ r.kind=ServerReply::Kind::http; r.http_status=static_cast<std::uint16_t>((u(9)-'0')*100+(u(10)-'0')*10+(u(11)-'0')); }
  return r;
}
}
